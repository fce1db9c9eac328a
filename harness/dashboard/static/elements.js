// An element of a page, with its text and its attributes. Text is only ever set as text.
"use strict";
window.parityElement = function (name, text, attributes) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  for (const key in attributes || {}) made.setAttribute(key, attributes[key]);
  return made;
};
