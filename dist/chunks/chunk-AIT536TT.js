import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import{a as t}from"./chunk-55PNPI6Q.js";function e(r){return r.replace(/(https?:\/\/[^\s"'?]*)\?(?:[^\s"']|'(?=[\w%&=.~-]))*/gi,"$1?\u2026")}t(e,"withoutQueries");export{e as a};
