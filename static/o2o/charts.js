// Draws the charts of a page from the JSON beside them, in the colours of the theme, with named axes.

const drawn = new Map();

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const TONES = ["info", "success", "warning", "danger", "neutral"];

const axis = (title) => ({
  title: { display: true, text: title, color: colour("--o2o-faint") },
  ticks: { color: colour("--o2o-faint") },
  grid: { color: colour("--o2o-line") },
});

const draw = (canvas) => {
  const figures = JSON.parse(document.getElementById(canvas.dataset.chart).textContent);
  drawn.get(canvas)?.destroy();
  drawn.set(canvas, new window.Chart(canvas, {
    type: figures.kind,
    data: {
      labels: figures.labels,
      datasets: figures.series.map((series) => {
        const tone = TONES.includes(series.tone) ? series.tone : "info";
        return {
          label: series.label,
          data: series.values,
          borderColor: colour(`--o2o-${tone}`),
          backgroundColor: colour(figures.kind === "bar" ? `--o2o-${tone}` : `--o2o-${tone}-soft`),
          borderWidth: 2,
          tension: 0.25,
        };
      }),
    },
    options: {
      animation: false,
      maintainAspectRatio: false,
      interaction: { mode: "index", intersect: false },
      plugins: { legend: { display: true, position: "bottom", labels: { color: colour("--o2o-text") } } },
      scales: { x: axis(figures.x), y: { ...axis(figures.y), beginAtZero: true } },
    },
  }));
};

const drawAll = (root = document) => root.querySelectorAll("canvas[data-chart]").forEach(draw);

drawAll();
document.addEventListener("htmx:afterSettle", (event) => drawAll(event.target));
new MutationObserver(() => drawn.forEach((_chart, canvas) => draw(canvas)))
  .observe(document.documentElement, { attributes: true, attributeFilter: ["class"] });
