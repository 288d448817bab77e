"""Chat robots that answer 200 and put the error into the body: a file each, with their codes.

`robot` is what they have in common; `wecom`, `dingtalk`, `feishu` (with Lark) and `serverchan` hold
the codes that the providers document; `listed` has them all. Their addresses are Apprise's own, and
Apprise takes them apart; only the sending is ours, for Apprise does not read what they answer.
"""
