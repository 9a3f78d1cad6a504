// Finds layout errors on a screen of this width, in pixels: unreadable texts, and texts that overflow the screen or
// their box.
const [screenWidth] = arguments;

/** Minimum contrast between a text and its background (WCAG 2.2, 1.4.3). */
const LEAST_CONTRAST = 4.5;
/** Elements that texts must not overflow. */
const BOX = "td, th, section, header, footer, svg";

function colourOf(text) {
  const parts = /^rgba?\((.*)\)$/.exec(text)?.[1].split(", ").map(Number);
  if (!parts) throw new Error(`cannot measure the colour ${text}`);
  const [red, green, blue, opacity = 1] = parts;
  return { channels: [red, green, blue], opacity };
}

const over = (upper, lower) =>
  upper.channels.map((channel, index) => channel * upper.opacity + lower[index] * (1 - upper.opacity));

/** The background colour of an element: its own and those of its ancestors, blended. */
function groundOf(element) {
  if (!element) throw new Error("the page has no ground");
  const background = colourOf(getComputedStyle(element).backgroundColor);
  return background.opacity === 1 ? background.channels : over(background, groundOf(element.parentElement));
}

/** Relative luminance, as WCAG 2.2 defines it. */
function luminanceOf(channels) {
  const [red, green, blue] = channels
    .map((channel) => channel / 255)
    .map((channel) => (channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrastOf(element) {
  const style = getComputedStyle(element);
  const ground = groundOf(element);
  const colour = colourOf(element instanceof SVGElement ? style.fill : style.color);
  const [darker, lighter] = [over(colour, ground), ground].map(luminanceOf).sort((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}

/** Whether it is for screen readers only. */
function isUnseen(element) {
  return element !== null && (getComputedStyle(element).clipPath !== "none" || isUnseen(element.parentElement));
}

/** Every visible text, with its position. */
function seenTexts() {
  const seen = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    const range = document.createRange();
    range.selectNodeContents(node);
    const { left, right, width } = range.getBoundingClientRect();
    if (node.data.trim() === "" || width === 0 || isUnseen(node.parentElement)) continue;
    seen.push({ text: node.data.trim().slice(0, 40), element: node.parentElement, left, right });
  }
  return seen;
}

function reachesOut({ element, left, right }) {
  const box = element.closest(BOX)?.getBoundingClientRect();
  return left < -0.5 || right > screenWidth + 0.5 || (box && (left < box.left - 0.5 || right > box.right + 0.5));
}

const texts = seenTexts();
const unreadable = texts.filter(({ element }) => contrastOf(element) < LEAST_CONTRAST);
const fields = [...document.querySelectorAll("input:not([type=hidden]), select")].filter((field) => contrastOf(field) < LEAST_CONTRAST);
return {
  texts: texts.length,
  width: document.scrollingElement.scrollWidth,
  ground_luminance: luminanceOf(groundOf(document.body)),
  unreadable: [...unreadable.map(({ text }) => text), ...fields.map((field) => `input ${field.name}`)],
  reaching_out: texts.filter(reachesOut).map(({ text }) => text),
};
