// The API's description out of openapi.json: addresses, parameters, answers. No library, no CDN.

function element(name, text = "", children = []) {
  const made = document.createElement(name);
  made.textContent = text;
  made.append(...children);
  return made;
}

function typeOf(schema) {
  if (!schema) return "";
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(" or ");
  if (schema.enum) return schema.enum.join(", ");
  if (schema.const) return schema.const;
  if (schema.type === "array") return `list of ${typeOf(schema.items)}`;
  return schema.format === "binary" ? "file" : schema.type || "any";
}

function table(caption, rows) {
  if (!rows.length) return [];
  const body = rows.map(([name, ...cells]) =>
    element("tr", "", [element("th", name), ...cells.map((cell) => element("td", cell))]));
  return [element("h3", caption), element("table", "", [element("tbody", "", body)])];
}

function example(method, path, operation) {
  const url = `${location.origin}${path}`;
  const file = operation.requestBody ? " -F file=@slice.dcm" : "";
  const verb = method === "get" || operation.requestBody ? "" : ` -X ${method.toUpperCase()}`;
  return element("pre", `curl${verb}${file} '${url}'`);
}

function section(path, method, operation) {
  const parameters = (operation.parameters || []).map((one) =>
    [one.name, typeOf(one.schema), [one.required ? "needed." : "", one.description || one.schema.description || ""].join(" ")]);
  const parts = Object.values(operation.requestBody?.content || {}).flatMap((content) =>
    Object.entries(content.schema.properties || {}).map(([name, schema]) => [name, typeOf(schema), schema.description || ""]));
  const answers = Object.entries(operation.responses).map(([status, answer]) => {
    const content = Object.entries(answer.content || {});
    return [status, content.map(([media, one]) => typeOf(one.schema) || media).join(", "), answer.description];
  });
  return element("section", "", [
    element("h2", `${method.toUpperCase()} ${path}`),
    element("p", operation.description || operation.summary || ""),
    example(method, path, operation),
    ...table("Parameters", parameters),
    ...table("Form", parts),
    ...table("Answers", answers),
  ]);
}

function schemaSection(name, schema) {
  const rows = Object.entries(schema.properties || {}).map(([key, one]) => [key, typeOf(one), one.description || ""]);
  return element("section", "", [element("h2", name), element("p", schema.description || ""), ...table("Members", rows)]);
}

const description = await (await fetch("/openapi.json")).json();
const sections = Object.entries(description.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => section(path, method, operation)));
const schemas = Object.entries(description.components.schemas).map(([name, schema]) => schemaSection(name, schema));
document.getElementById("reference").replaceChildren(
  element("p", description.info.description), ...sections, ...schemas);
document.documentElement.dataset.ready = "true";
