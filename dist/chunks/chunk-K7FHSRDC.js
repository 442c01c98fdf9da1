import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import{a as m}from"./chunk-SH3IGA3H.js";function y(r,s){let e=new Map;for(let t of r){let o=s(t),n=e.get(o);n?n.push(t):e.set(o,[t])}return[...e.values()]}m(y,"group");export{y as a};
