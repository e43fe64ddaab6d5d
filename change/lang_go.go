package change

var goLang = codeLang{name: "go", slash: true, backtick: 'r'}
