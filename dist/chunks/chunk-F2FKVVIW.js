import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import{c as e}from"./chunk-SH3IGA3H.js";var s=e((d,t)=>{t.exports=process.getBuiltinModule("node:http")});var p=e((i,o)=>{o.exports=process.getBuiltinModule("node:https")});export{s as a,p as b};
