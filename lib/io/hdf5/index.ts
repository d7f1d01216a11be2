/** HDF5 files, as Keras writes them. */
export { openHdf5, type AttributeValue, type ReadDataset, type ReadGroup } from './read';
export type { H5Attribute } from './encode';
export { hdf5Parts, type H5Dataset, type H5Group } from './write';
