/** Text in HTML and XML. */
const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#x27;',
};

/** Text with the reserved characters as entities: for elements and for attributes in quotes. */
export const escapeMarkup = (text: string): string => text.replace(/[&<>"']/g, (c) => entities[c]);
