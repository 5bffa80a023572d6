// Pictures of a product: chosen or dropped, shown at once, sent one after the other; described and moved in place.

const THUMBNAIL = 320;
const room = document.querySelector("[data-pictures]");
const list = room?.querySelector("[data-picture-list]");
const upload = room?.querySelector("[data-picture-upload]");
const input = upload?.querySelector("input[type=file]");
let queue = Promise.resolve();

if (room) {
  upload.querySelector("[data-without-script]").hidden = true;
  // Before unfold, which looks for a text field beside each file.
  room.addEventListener("change", (event) => {
    if (event.target !== input) return;
    event.stopPropagation();
    take(input.files);
    input.value = "";
  }, true);
  room.addEventListener("dragover", (event) => { event.preventDefault(); room.classList.add("o2o-over"); });
  room.addEventListener("dragleave", (event) => { if (!room.contains(event.relatedTarget)) room.classList.remove("o2o-over"); });
  room.addEventListener("drop", (event) => {
    event.preventDefault();
    room.classList.remove("o2o-over");
    take(event.dataTransfer.files);
  });
  room.addEventListener("submit", quietly);
}

// One at a time: a good file is kept whatever becomes of the others.
function take(files) {
  room.querySelector("[data-picture-faults]").replaceChildren();
  for (const file of [...files]) {
    if (file.size > Number(room.dataset.mostBytes)) { complain(named(room.dataset.tooLarge, file)); continue; }
    const place = placeFor(file);
    queue = queue.then(() => send(file, place));
  }
}

function placeFor(file) {
  const place = document.createElement("li");
  place.className = "o2o-picture o2o-waiting";
  place.setAttribute("aria-busy", "true");
  const frame = Object.assign(document.createElement("span"), { className: "o2o-picture-frame" });
  const name = Object.assign(document.createElement("small"), { textContent: file.name });
  const progress = Object.assign(document.createElement("progress"), { className: "o2o-progress", max: 1 });
  progress.setAttribute("aria-label", file.name);
  place.append(frame, name, progress);
  list.append(place);
  preview(file, frame);
  return place;
}

// What is no picture stays an empty frame until the server has said what it is.
async function preview(file, frame) {
  try {
    const picture = await createImageBitmap(file);
    const scale = Math.min(1, THUMBNAIL / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, picture.width * scale);
    canvas.height = Math.max(1, picture.height * scale);
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    frame.append(canvas);
  } catch { frame.classList.add("o2o-unseen"); }
}

function send(file, place) {
  const body = new FormData();
  body.append("csrfmiddlewaretoken", upload.elements.csrfmiddlewaretoken.value);
  body.append("files", file);
  const progress = place.querySelector("progress");
  return new Promise((done) => {
    const request = new XMLHttpRequest();
    request.open("POST", upload.action);
    request.setRequestHeader("Accept", "application/json");
    request.upload.addEventListener("progress", (event) => { if (event.lengthComputable) progress.value = event.loaded / event.total; });
    // Sent; the server looks at it.
    request.upload.addEventListener("load", () => progress.removeAttribute("value"));
    request.addEventListener("loadend", () => { settle(request, file, place); done(); });
    request.send(body);
  });
}

function settle(request, file, place) {
  const answer = parsed(request.responseText);
  if (request.status === 200 && answer) {
    if (answer.detail) { place.remove(); complain(answer.detail, "info"); return; }
    place.insertAdjacentHTML("afterend", answer.html);
    place.remove();
    say(file.name);
    return;
  }
  place.remove();
  complain(answer?.detail || named(room.dataset.failed, file));
}

// A description or a move is saved without leaving the page, and the focus stays where it is.
async function quietly(event) {
  const form = event.target;
  if (!form.matches("[data-quiet]")) return;
  event.preventDefault();
  const { submitter } = event;
  const answer = await fetch(form.action, { method: "POST", body: new FormData(form, submitter) }).catch(() => null);
  delete form.dataset.sent;
  if (!answer?.ok) { complain(room.dataset.refused); return; }
  if (submitter?.name === "move") moved(form.closest("[data-picture]"), submitter);
  else marked(form);
}

function moved(place, submitter) {
  if (submitter.value === "earlier") place.previousElementSibling?.before(place);
  else place.nextElementSibling?.after(place);
  // At the end of the row the way on is hidden; the way back is not.
  const isAtEnd = getComputedStyle(submitter).visibility === "hidden";
  const back = submitter.form.querySelector(`[name=move]:not([value=${submitter.value}])`);
  (isAtEnd ? back : submitter).focus();
  say(`${[...list.children].indexOf(place) + 1} / ${list.children.length}`);
}

function marked(form) {
  form.classList.add("o2o-saved");
  setTimeout(() => form.classList.remove("o2o-saved"), 1500);
  const shown = form.elements.description;
  shown.defaultValue = shown.value;
  say(form.dataset.done);
}

function complain(text, tone = "danger") {
  const line = Object.assign(document.createElement("p"), { className: `o2o-note o2o-tone-${tone}`, textContent: text });
  room.querySelector("[data-picture-faults]").append(line);
}

function say(text) { room.querySelector("[data-picture-status]").textContent = text; }

function named(text, file) { return text.replace("{name}", () => file.name); }

function parsed(text) {
  try { return JSON.parse(text); } catch { return null; }
}
