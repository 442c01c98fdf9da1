import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import{a as r}from"./chunk-55PNPI6Q.js";var o=class extends Error{constructor(n){super(n.length===1?n[0]:`${n.length} problems:
${n.map(t=>`- ${t}`).join(`
`)}`);this.problems=n}problems;static{r(this,"InputError")}name="InputError"},s=class extends Error{constructor(n,t,d){super(n);this.exitCode=t;this.place=d}exitCode;place;static{r(this,"BuildFailed")}name="BuildFailed"},a=class extends Error{static{r(this,"HitRateTooLow")}name="HitRateTooLow"},i=class extends Error{static{r(this,"BuildxMissing")}name="BuildxMissing"};function u(e){return e instanceof Error?e.message:String(e)}r(u,"messageOf");function c(e){return e.trim().split(`
`).at(-1)??""}r(c,"lastLine");function x(e){return e.replace(/(https?:\/\/[^\s"'?]*)\?(?:[^\s"']|'(?=[\w%&=.~-]))*/gi,"$1?\u2026")}r(x,"withoutQueries");export{o as a,s as b,a as c,i as d,u as e,c as f,x as g};
