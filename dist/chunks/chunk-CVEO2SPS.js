import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import{a as e}from"./chunk-55PNPI6Q.js";var s=class extends Error{constructor(n){super(n.length===1?n[0]:`${n.length} problems:
${n.map(t=>`- ${t}`).join(`
`)}`);this.problems=n}problems;static{e(this,"InputError")}name="InputError"},o=class extends Error{constructor(n,t){super(n);this.exitCode=t}exitCode;static{e(this,"BuildFailed")}name="BuildFailed"},i=class extends Error{static{e(this,"HitRateTooLow")}name="HitRateTooLow"},a=class extends Error{static{e(this,"BuildxMissing")}name="BuildxMissing"};function l(r){return r instanceof Error?r.message:String(r)}e(l,"messageOf");function u(r){return r.trim().split(`
`).at(-1)??""}e(u,"lastLine");function x(r){return r.replace(/(https?:\/\/[^\s"'?]*)\?(?:[^\s"']|'(?=[\w%&=.~-]))*/gi,"$1?\u2026")}e(x,"withoutQueries");export{s as a,o as b,i as c,a as d,l as e,u as f,x as g};
