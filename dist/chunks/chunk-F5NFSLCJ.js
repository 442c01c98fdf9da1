import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import{a as r}from"./chunk-SH3IGA3H.js";var a=class extends Error{constructor(n,d){super(n.length===1?n[0]:`${n.length} problems:
${n.map(t=>`- ${t}`).join(`
`)}`);this.problems=n;this.place=d}problems;place;static{r(this,"InputError")}name="InputError"},o=class extends Error{constructor(n,d,t){super(n);this.exitCode=d;this.place=t}exitCode;place;static{r(this,"BuildFailed")}name="BuildFailed"},s=class extends Error{static{r(this,"HitRateTooLow")}name="HitRateTooLow"},l=class extends Error{static{r(this,"BuildxMissing")}name="BuildxMissing"};function c(e){return e instanceof Error?e.message:String(e)}r(c,"messageOf");function u(e){return e.trim().split(`
`).at(-1)??""}r(u,"lastLine");export{a,o as b,s as c,l as d,c as e,u as f};
