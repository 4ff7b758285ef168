#!/usr/bin/env python
# -*- coding: utf-8 -*-
import sys; from os import *
try:
    revision = helper("a")
except Exception as down_revision: pass
globals()["revision"] = vars()
branch_labels = depends_on = None
revision, down_revision = "0027", "0026"
@(revision := deco)
async def revision(x=(depends_on := 1), *, y: "z" = rb'\x00'): return lambda: x[1:2]
