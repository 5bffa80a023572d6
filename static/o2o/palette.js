// The command palette: Ctrl/Cmd-K opens it, arrows choose, Enter opens.

const palette = document.getElementById("palette");

if (palette) {
  const input = palette.querySelector("input");
  const results = palette.querySelector("#palette-results");
  let running = null;
  let timer = 0;
  let shown = null; // the text to which the results belong

  const options = () => [...results.querySelectorAll("[role=option]")];
  const chosen = () => options().findIndex((option) => option.getAttribute("aria-selected") === "true");

  const choose = (index) => {
    const all = options();
    if (!all.length) return;
    const place = (index + all.length) % all.length;
    all.forEach((option, number) => option.setAttribute("aria-selected", String(number === place)));
    all[place].scrollIntoView({ block: "nearest" });
  };

  const search = async () => {
    running?.abort();
    running = new AbortController();
    const text = input.value;
    try {
      const answer = await fetch(`${palette.dataset.url}?s=${encodeURIComponent(text)}`, { signal: running.signal });
      if (!answer.ok || answer.redirected) return;
      results.innerHTML = await answer.text();
      shown = text;
    } catch (error) {
      if (error.name !== "AbortError") throw error;
    }
  };

  const open = () => {
    if (palette.open) return;
    palette.showModal();
    input.select();
    search();
  };

  // Fast fingers press Enter before the results of their last letters are there.
  const openChosen = async () => {
    if (shown !== input.value) {
      clearTimeout(timer);
      await search();
    }
    options()[chosen()]?.click();
  };

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      open();
    }
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-palette-open]")) open();
    if (event.target === palette) palette.close();
  });
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(search, 150);
  });
  palette.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") { event.preventDefault(); choose(chosen() + 1); }
    if (event.key === "ArrowUp") { event.preventDefault(); choose(chosen() - 1); }
    if (event.key === "Enter") { event.preventDefault(); openChosen(); }
  });
  results.addEventListener("mousemove", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) choose(options().indexOf(option));
  });
}
