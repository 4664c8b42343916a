export { createFolderTree } from './folder-tree.ts'
