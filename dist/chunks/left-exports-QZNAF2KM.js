import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import{$ as b,_ as a}from"./chunk-X4EGQEMW.js";import"./chunk-4RJUOVMJ.js";import"./chunk-6IAQ7EOZ.js";import"./chunk-EIORIJA3.js";import"./chunk-BKFHL7YK.js";import"./chunk-CVEO2SPS.js";import"./chunk-55PNPI6Q.js";export{b as finishExports,a as leftExports};
