import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import{ga as a,ha as b}from"./chunk-SZTT2MUP.js";import"./chunk-TCJI6GTE.js";import"./chunk-FRMRCFRK.js";import"./chunk-ZLWXO3UL.js";import"./chunk-CE5J4LAT.js";import"./chunk-UTKJWXLB.js";import"./chunk-55PNPI6Q.js";export{b as finishExports,a as leftExports};
