export function coveragePage(keras: object): string;
export const target: string;
