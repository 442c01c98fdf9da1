import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import{e as a,f as b}from"./chunk-JKNLCRBL.js";import"./chunk-6DQOX74E.js";import"./chunk-KV4HK7S4.js";import"./chunk-SH3IGA3H.js";export{a as uploadCacheArchiveSDK,b as uploadFile};
