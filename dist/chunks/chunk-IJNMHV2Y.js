import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import{a as n}from"./chunk-SH3IGA3H.js";function s(t,e){if(!/could not fetch content descriptor|httpReadSeeker/.test(t))return!1;let o=t.match(/sha256:[0-9a-f]{64}/g)??[];return e===void 0||o.some(r=>e.has(r))}n(s,"isLostContent");export{s as a};
