// How many SMS segments a text takes (3GPP TS 23.038): GSM-7, or UCS-2 if a character needs it.

const BASIC = new Set(
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà",
);
const EXTENDED = new Set("\f^{}\\[~]|€");

export function count(text) {
  const characters = [...text];
  const gsm = characters.every((one) => BASIC.has(one) || EXTENDED.has(one));
  const used = gsm ? characters.length + characters.filter((one) => EXTENDED.has(one)).length : text.length;
  const [alone, joined] = gsm ? [160, 153] : [70, 67];
  const segments = used <= alone ? 1 : Math.ceil(used / joined);
  return { encoding: gsm ? "GSM-7" : "UCS-2", used, room: segments === 1 ? alone : segments * joined, segments };
}
