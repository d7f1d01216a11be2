/** What decoders of images share. */

/** 8-bit pixels, row by row. */
export interface Pixels {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly data: Uint8Array;
}

/** The most pixels of an image, before anything is allocated for them. */
export const mostPixels = 2 ** 28;
