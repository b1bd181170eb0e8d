// The buttons that break something.

import { json } from "./http.js";

const buttons = [...document.querySelectorAll("[data-fault]")];

export async function startFaults() {
  for (const button of buttons) button.addEventListener("click", () => change(button));
  await readFaults();
}

// A fault of the next webhook ends with it, so the log's reader calls this too.
export async function readFaults() {
  show(await json("/sandbox/faults"));
}

async function change({ dataset, ariaPressed }) {
  const error = document.getElementById("faults-error");
  error.textContent = "";
  const value = ariaPressed === "true" ? dataset.off ?? null : dataset.on;
  try {
    show(await json("/sandbox/faults", { body: { [dataset.fault]: value } }));
  } catch (problem) {
    error.textContent = problem.message;
  }
}

function show(faults) {
  for (const button of buttons) button.ariaPressed = String(faults[button.dataset.fault] === button.dataset.on);
}
