package column

import (
	"strings"
	"unicode/utf8"

	"centrala"
)

// Storable reports whether both engines can keep s: UTF-8 without NUL.
func Storable(s string) bool { return utf8.ValidString(s) && !strings.Contains(s, "\x00") }

// CheckWords refuses texts that cannot be kept; their lengths are the caller's business.
func CheckWords(field string, texts ...string) error {
	for _, s := range texts {
		if !Storable(s) {
			return centrala.InvalidField(field, "The %s is not valid UTF-8.", field)
		}
	}
	return nil
}

// CheckName refuses a name that is blank or longer than n characters.
func CheckName(field, name string, n int) error {
	if err := CheckWords(field, name); err != nil {
		return err
	}
	if strings.TrimSpace(name) == "" {
		return centrala.InvalidField(field, "The %s is empty.", field)
	}
	if utf8.RuneCountInString(name) > n {
		return centrala.InvalidField(field, "The %s has more than %d characters.", field, n)
	}
	return nil
}

// CheckSlug refuses what cannot stand in an address as it is.
func CheckSlug(slug, also string, n int) error {
	for i, r := range slug {
		letter := 'a' <= r && r <= 'z' || '0' <= r && r <= '9'
		if !letter && (i == 0 || !strings.ContainsRune(also, r)) {
			return centrala.InvalidField("slug", "The slug %.80q may hold a to z, 0 to 9 and %q, and begins with a letter or digit.", slug, also)
		}
	}
	if slug == "" || len(slug) > n {
		return centrala.InvalidField("slug", "The slug has 1 to %d characters.", n)
	}
	return nil
}

// CheckSides refuses what is not a side.
func CheckSides(sides ...centrala.Side) error {
	for _, s := range sides {
		if !s.Valid() {
			return centrala.InvalidField("sides", "%.20q is not a side.", s)
		}
	}
	return nil
}

// CheckLocale refuses what is no short language tag; none at all is one.
func CheckLocale(locale string) error {
	if len(locale) > 10 || strings.Trim(locale, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") != "" {
		return centrala.InvalidField("locale", "%.20q is not a locale.", locale)
	}
	return nil
}
