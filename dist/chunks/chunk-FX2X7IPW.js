import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import{a as r}from"./chunk-SH3IGA3H.js";var o=class extends Error{constructor(n){super(n.length===1?n[0]:`${n.length} problems:
${n.map(t=>`- ${t}`).join(`
`)}`);this.problems=n}problems;static{r(this,"InputError")}name="InputError"},a=class extends Error{constructor(n,t,d){super(n);this.exitCode=t;this.place=d}exitCode;place;static{r(this,"BuildFailed")}name="BuildFailed"},s=class extends Error{static{r(this,"HitRateTooLow")}name="HitRateTooLow"},i=class extends Error{static{r(this,"BuildxMissing")}name="BuildxMissing"};function c(e){return e instanceof Error?e.message:String(e)}r(c,"messageOf");function u(e){return e.trim().split(`
`).at(-1)??""}r(u,"lastLine");export{o as a,a as b,s as c,i as d,c as e,u as f};
