// Typing many figures: Enter goes on to the next field, a scanned code to the field of its goods.

const fieldsOf = (form) => [...form.querySelectorAll("input:not([type=hidden]):not([data-scan]), select")];

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing) return;
  const input = event.target;
  if (input.matches("[data-scan]")) { scanned(event, input); return; }
  const form = input.closest("form[data-enter-next]");
  if (!form || !input.matches("input")) return;
  event.preventDefault();
  const fields = fieldsOf(form);
  goTo(fields[fields.indexOf(input) + 1] ?? form.querySelector("button[type=submit]"));
});

// A code that is on the page leads to its field; any other is looked for by the form around the input.
function scanned(event, input) {
  const code = input.value.trim();
  const rows = [...document.querySelectorAll("[data-codes]")];
  const row = code && rows.find((each) => each.dataset.codes.split(" ").includes(code));
  if (!row) return;
  event.preventDefault();
  input.value = "";
  goTo(row.querySelector("input:not([type=hidden])"));
}

function goTo(field) {
  if (!field) return;
  field.focus();
  field.select?.();
  field.scrollIntoView({ block: "center" });
}

// The difference of a row stands beside it while people type.
document.addEventListener("input", (event) => showDifference(event.target.closest("[data-expected]")));
document.querySelectorAll("[data-expected]").forEach(showDifference);

function showDifference(row) {
  const place = row?.querySelector("[data-difference]");
  if (!place) return;
  const figures = [...row.querySelectorAll("input[type=number]")].map((each) => Number(each.value || 0));
  const difference = figures.reduce((sum, each) => sum + each, 0) - Number(row.dataset.expected);
  place.textContent = difference ? (difference > 0 ? `+${difference}` : `−${-difference}`) : "✓";
  place.classList.toggle("o2o-minus", difference !== 0);
}
