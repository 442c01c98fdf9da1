import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import{b as a,c as b}from"./chunk-6MPCRDLT.js";import"./chunk-YVQEVG7F.js";import"./chunk-E3KJ6DNQ.js";import"./chunk-WBHMNZUK.js";import"./chunk-D5N4SD4B.js";import"./chunk-FX2X7IPW.js";import"./chunk-SH3IGA3H.js";export{b as giveBackCurrent,a as offerBuilder};
