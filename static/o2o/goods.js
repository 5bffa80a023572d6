// Goods gathered by scanning: a row for each article in the place of the text field, which stays what is sent.

const AT_ONCE = 50;
const MOST_UNITS = 1_000_000;

class Goods {
  constructor(panel) {
    this.panel = panel;
    this.form = panel.closest("form");
    this.text = this.form.elements.lines;
    this.scan = panel.querySelector("[data-goods-scan]");
    this.table = panel.querySelector("[data-goods-table]");
    this.body = this.table.tBodies[0];
    this.notes = panel.querySelector("[data-goods-notes]");
    this.rows = new Map();
    this.known = new Map();
    this.waiting = Promise.resolve();
    this.open = 0;
    this.unknown = 0;
  }

  begin() {
    const field = this.text.closest(".o2o-field");
    // What the server said about the lines stands where people look now.
    field.querySelectorAll(".o2o-error").forEach((error) => this.note(error.textContent));
    field.hidden = true;
    field.before(this.panel);
    this.panel.hidden = false;
    const lines = this.text.value.split("\n").map(parsed).filter(Boolean);
    if (lines.length) this.add(lines);
    this.scan.focus();
    this.show();
    this.panel.addEventListener("keydown", (event) => this.pressed(event));
    this.panel.addEventListener("input", (event) => this.typed(event));
    this.panel.addEventListener("click", (event) => this.clicked(event));
    this.form.addEventListener("submit", (event) => this.sending(event));
  }

  // Scans are looked up one after the other, so that rows stand in the order in which things were scanned.
  add(lines) {
    this.open += 1;
    this.waiting = this.waiting.then(async () => {
      for (let place = 0; place < lines.length; place += AT_ONCE) {
        const some = lines.slice(place, place + AT_ONCE);
        const reached = await this.lookUp(some.map((line) => line.code));
        some.forEach((line) => this.put(line, reached));
      }
      this.open -= 1;
      this.show();
    });
  }

  async lookUp(codes) {
    const asked = [...new Set(codes)].filter((code) => !this.known.has(code));
    if (!asked.length) return true;
    const query = new URLSearchParams(asked.map((code) => ["code", code]));
    try {
      const answer = await fetch(`${this.panel.dataset.lookup}?${query}`, { headers: { Accept: "application/json" } });
      if (!answer.ok) return false;
      for (const [code, goods] of Object.entries(await answer.json())) this.known.set(code, goods);
      return true;
    } catch {
      return false;
    }
  }

  put({ code, units }, reached) {
    const goods = this.known.get(code);
    if (!goods && reached) {
      this.unknown += 1;
      this.note(this.panel.dataset.unknown.replace("{code}", code));
      return;
    }
    // Without an answer the code stands for itself; the check of the page looks it up.
    const key = goods?.id ?? code;
    const row = this.rows.get(key) ?? this.make(key, code, goods);
    row.input.value = units + (Number(row.input.value) || 0);
    this.body.querySelector(".o2o-just")?.classList.remove("o2o-just");
    row.element.classList.add("o2o-just");
    this.mark(row);
    row.element.scrollIntoView({ block: "nearest" });
  }

  make(key, code, goods) {
    const element = this.panel.querySelector("template").content.firstElementChild.cloneNode(true);
    element.dataset.key = key;
    element.querySelector("[data-name]").textContent = goods?.name ?? code;
    element.querySelector("[data-sku]").textContent = goods?.sku ?? this.panel.dataset.unchecked;
    // A SKU with a space in it could not be told from its units in the text.
    const row = { element, input: element.querySelector("input"), code: goods && !/\s/.test(goods.sku) ? goods.sku : code };
    this.rows.set(key, row);
    this.body.append(element);
    return row;
  }

  note(text) {
    const note = document.createElement("p");
    note.className = "o2o-note o2o-tone-danger";
    note.textContent = text;
    this.notes.prepend(note);
    while (this.notes.children.length > 5) this.notes.lastChild.remove();
  }

  pressed(event) {
    if (event.key !== "Enter" || event.isComposing || !event.target.matches("input")) return;
    event.preventDefault();
    if (event.target === this.scan) {
      const line = parsed(this.scan.value);
      this.scan.value = "";
      if (line) this.add([line]);
    }
    this.scan.focus();
  }

  typed(event) {
    const row = this.rows.get(event.target.closest("tr")?.dataset.key);
    if (!row) return;
    this.mark(row);
    this.show();
  }

  clicked(event) {
    const element = event.target.closest("[data-goods-remove]")?.closest("tr");
    if (!element) return;
    this.rows.delete(element.dataset.key);
    element.remove();
    this.show();
    this.scan.focus();
  }

  sending(event) {
    const left = parsed(this.scan.value);
    if (left) {
      this.scan.value = "";
      this.add([left]);
    }
    const wrong = [...this.rows.values()].find((row) => !this.mark(row));
    if (!wrong && !this.open) return;
    event.preventDefault();
    if (wrong) wrong.input.focus();
    else this.sendLater(event.submitter);
  }

  // Once all is looked up; a code that nothing has stays on the page for people to see.
  async sendLater(button) {
    const before = this.unknown;
    await this.waiting;
    // A form that is still telling of its submission takes no other.
    await new Promise((done) => setTimeout(done));
    if (this.unknown === before) this.form.requestSubmit(button);
  }

  mark(row) {
    const units = Number(row.input.value);
    const isRight = Number.isInteger(units) && units > 0 && units <= MOST_UNITS;
    const error = row.element.querySelector(".o2o-error");
    error.hidden = isRight;
    error.textContent = isRight ? "" : this.panel.dataset.wrong;
    return isRight;
  }

  show() {
    const rows = [...this.rows.values()];
    const units = rows.reduce((sum, row) => sum + (Number(row.input.value) || 0), 0);
    this.table.hidden = !rows.length;
    this.text.value = rows.map((row) => `${row.code} ${row.input.value}`).join("\n");
    this.panel.querySelector("[data-goods-sum]").textContent = rows.length
      ? this.panel.dataset.sum.replace("{skus}", rows.length).replace("{units}", units.toLocaleString())
      : "";
  }
}

// A line of the text: a code, and units where there are some. A code alone is one.
function parsed(line) {
  const [, code, units] = line.trim().match(/^(\S+)(?:\s+(\d+))?$/) ?? [];
  return code ? { code, units: Number(units ?? 1) } : null;
}

document.querySelectorAll("[data-goods]").forEach((panel) => new Goods(panel).begin());
