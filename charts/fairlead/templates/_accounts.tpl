{{- /*
The annotations of an account: include "fairlead.accountAnnotations" (list $ "runners"). That of
runners stays when the release is uninstalled, unless its jobs go too: with it would end the
tokens of those that are at work. Its role goes, and without one nobody can do anything by it.
*/}}
{{- define "fairlead.accountAnnotations" -}}
{{- $root := index . 0 }}
{{- $whose := index . 1 }}
{{- $notes := dict }}
{{- if and (eq $whose "runners") (not $root.Values.uninstall.deleteJobs) }}
{{- $_ := set $notes "helm.sh/resource-policy" "keep" }}
{{- end }}
{{- with merge $notes (index $root.Values $whose).accountAnnotations }}
{{- toYaml . }}
{{- end }}
{{- end }}
