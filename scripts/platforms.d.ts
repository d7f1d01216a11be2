export const platforms: Record<string, { os: string; cpu: string; libc?: string; triple: string }>;
export const descriptions: Record<string, string>;
export function hostPlatform(): string | null;
