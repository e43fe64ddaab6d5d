package change

var pythonLang = codeLang{name: "python", hash: true, triple: true, single: true, indent: true}
