# Runs llama.cpp's own server, as the Python package `xllamacpp` carries it, for one model:
#
#   PYTHONPATH=FOLDER python3 openai.py MODEL NAME KEY
#
# prints one line of JSON, {"address"}, when it listens, and ends when its standard input does: with whoever started it.

import json
import os
import sys

import xllamacpp

model, name, key = sys.argv[1:]

params = xllamacpp.CommonParams()
params.model.path = model
params.model_alias = {name}
params.api_keys = [key]
# Port 0, as it stands there, takes a free one.
params.hostnames = ["127.0.0.1"]
params.n_parallel = 1
params.n_ctx = 1024
# What an operator lists who knows OpenAI's clients and nobody else: a browser lets no other header through.
params.cors_headers = "Authorization, Content-Type"
params.ui = False

server = xllamacpp.Server(params)
print(json.dumps({"address": server.listening_address}), flush=True)
sys.stdin.read()
# Nothing is worth waiting for: an answer may still be on its way.
os._exit(0)
