// Swagger UI on our own description. Nothing is asked of other servers, and no key is kept when the page closes.
"use strict";

const docs = document.getElementById("docs");
const schema = docs.dataset.schema;
docs.replaceChildren();
SwaggerUIBundle({
  domNode: docs,
  url: schema,
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  tryItOutEnabled: true,
  validatorUrl: null,
});
