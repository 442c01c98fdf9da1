import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import{b as a,c as b}from"./chunk-73ZYONUC.js";import"./chunk-DKY5LIGB.js";import"./chunk-4YY6GEPN.js";import"./chunk-AULIBN2M.js";import"./chunk-MOGUGLN7.js";import"./chunk-O7D72RDE.js";import"./chunk-55PNPI6Q.js";export{b as giveBackCurrent,a as offerBuilder};
