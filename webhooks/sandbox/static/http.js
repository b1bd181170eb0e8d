// Calls to the demo. What goes wrong is an Error whose message people can read.

export async function call(path, { body, headers, method = body === undefined ? "GET" : "POST", signal } = {}) {
  const response = await fetch(path, {
    method,
    headers: body === undefined ? headers : { "Content-Type": "application/json", ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
    cache: "no-store",
    signal,
  }).catch((error) => {
    if (signal?.aborted) throw error;
    throw new Error("The demo does not answer.");
  });
  if (response.ok || response.status === 304) return response;
  throw Object.assign(new Error(await sentence(response)), { status: response.status });
}

export const json = async (path, options) => (await call(path, options)).json();
export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// An element with properties, and children that are elements or strings.
export function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

async function sentence(response) {
  const problem = await response.json().catch(() => ({}));
  const wrong = problem.errors?.map(({ member, detail }) => `${member} ${detail}`.trim()).join("; ");
  const words = wrong || problem.detail || `The demo answered ${response.status}.`;
  return words[0].toUpperCase() + words.slice(1).replace(/[^.]$/, "$&.");
}
