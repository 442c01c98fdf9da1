import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import{a as r}from"./chunk-SH3IGA3H.js";var t=class extends Error{constructor(n,c){super(n.length===1?n[0]:`${n.length} problems:
${n.map(a=>`- ${a}`).join(`
`)}`);this.problems=n;this.place=c}problems;place;static{r(this,"InputError")}name="InputError"},o=class extends Error{constructor(n,c,a){super(n);this.exitCode=c;this.place=a}exitCode;place;static{r(this,"BuildFailed")}name="BuildFailed"},s=class extends Error{static{r(this,"HitRateTooLow")}name="HitRateTooLow"},l=class extends Error{static{r(this,"BuildxMissing")}name="BuildxMissing"},i=class extends Error{static{r(this,"NoAnswer")}name="NoAnswer"};function u(e){return e instanceof Error?e.message:String(e)}r(u,"messageOf");function x(e){return e.trim().split(`
`).at(-1)??""}r(x,"lastLine");export{t as a,o as b,s as c,l as d,i as e,u as f,x as g};
