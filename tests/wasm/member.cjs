// `node member.cjs MODULE`: a member in WebAssembly, which answers each line of standard input
// with a line of standard output.
"use strict";

const { createInterface } = require("node:readline");
const { resolve } = require("node:path");
const { Client } = require(resolve(process.argv[2]));

const client = new Client();
createInterface({ input: process.stdin }).on("line", (request) => {
  process.stdout.write(client.answer(request) + "\n");
});
