// Starts Swagger UI on the schema that the page names. Its own file, because the page allows no inline script.
const place = document.getElementById("documentation");

function prepare(request) {
  if (["GET", "HEAD"].includes(request.method ?? "GET")) return request;
  if (!new URL(request.url, window.location.href).href.startsWith(window.location.origin)) return request;
  request.headers["X-CSRFToken"] = place.dataset.csrfToken;
  // What is tried out here twice is meant twice.
  if (!request.headers["Idempotency-Key"]) request.headers["Idempotency-Key"] = crypto.randomUUID();
  return request;
}

window.SwaggerUIBundle({
  url: place.dataset.schema,
  domNode: place,
  deepLinking: true,
  displayRequestDuration: true,
  persistAuthorization: false,
  requestInterceptor: prepare,
});
