// The phones to choose from, in words. The last four digits choose what happens to texts to them.

export const PHONES = [
  ["+14155550123", "My phone", ""],
  ["+12125550177", "Another phone", ""],
];

export const SPECIAL = [
  ["+14155550300", "Has opted out", "The service's texts to this phone are refused: it has opted out."],
  ["+14155550001", "A landline", "The service's texts never reach this phone: it is a landline."],
  ["+14155550006", "Bad reception", "A text to this phone fails twice, then it arrives."],
  ["+14155550010", "Sender not registered", "Texts to this phone fail: the receipt says that the sender is not registered."],
  ["+14155550500", "Server errors", "For texts to this phone, Telnyx answers with an error 500."],
  ["+14155550429", "Rate limit", "For texts to this phone, Telnyx answers that there are too many."],
  ["+442079460123", "In Britain", "The demo sends codes to the US and Canada only."],
];

export const pretty = (number) => number.replace(/^\+1(\d{3})(\d{3})(\d{4})$/, "+1\u00a0$1\u00a0$2\u00a0$3");

// E.164 from what somebody types, or null.
export function parse(typed) {
  const number = typed.replace(/[\s().-]/g, "").replace(/^00/, "+");
  return /^\+[1-9]\d{6,14}$/.test(number) ? number : null;
}
