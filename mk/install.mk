# install.mk: puts the program, its manual page, shell completions and presets below $(DESTDIR)$(PREFIX), and takes
# them away again. The program carries its presets inside; the installed copies are there to be read and copied.

SHARE := $(DESTDIR)$(PREFIX)/share

install: all
	install -D -m 755 $(PROGRAM) $(DESTDIR)$(PREFIX)/bin/transinv
	install -D -m 644 docs/transinv.1 $(SHARE)/man/man1/transinv.1
	install -D -m 644 completions/transinv.bash $(SHARE)/bash-completion/completions/transinv
	install -D -m 644 completions/_transinv $(SHARE)/zsh/site-functions/_transinv
	install -D -m 644 -t $(SHARE)/transinv/presets $(PRESETS)

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/transinv $(SHARE)/man/man1/transinv.1
	rm -f $(SHARE)/bash-completion/completions/transinv $(SHARE)/zsh/site-functions/_transinv
	rm -rf $(SHARE)/transinv
