import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import{a as n}from"./chunk-SH3IGA3H.js";function i(t,e){if(!/could not fetch content descriptor|httpReadSeeker|unexpected commit digest/.test(t))return!1;let o=t.match(/sha256:[0-9a-f]{64}/g)??[];return e===void 0||o.some(s=>e.has(s))}n(i,"isLostContent");export{i as a};
