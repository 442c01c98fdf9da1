import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import{b as a,c as b}from"./chunk-WA47FUF4.js";import"./chunk-YVQEVG7F.js";import"./chunk-6MQQHPOB.js";import"./chunk-WBHMNZUK.js";import"./chunk-DNI3KJKE.js";import"./chunk-6ZWN4RY2.js";import"./chunk-SH3IGA3H.js";export{b as giveBackCurrent,a as offerBuilder};
