package change

var jsLang = codeLang{name: "js", slash: true, single: true, backtick: 't', regex: true}
