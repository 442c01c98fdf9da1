import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import{b as a,c as b}from"./chunk-GICSGVXO.js";import"./chunk-6MQQHPOB.js";import"./chunk-WBHMNZUK.js";import"./chunk-CBIAUGAW.js";import"./chunk-DNI3KJKE.js";import"./chunk-6ZWN4RY2.js";import"./chunk-SH3IGA3H.js";export{b as giveBackCurrent,a as offerBuilder};
