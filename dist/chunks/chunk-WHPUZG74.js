import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import{a as r}from"./chunk-SH3IGA3H.js";function e(t){return t.replace(/(https?:\/\/[^\s"'?]*)\?(?:[^\s"']|'(?=[\w%&=.~-]))*/gi,"$1?\u2026")}r(e,"withoutQueries");function i(t){return t.replace(/:\/\/(?:[^/@\s]+@)+/g,"://***@")}r(i,"hideCredentials");export{e as a,i as b};
