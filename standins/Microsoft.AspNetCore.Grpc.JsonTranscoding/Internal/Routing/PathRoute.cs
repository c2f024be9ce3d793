using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Internal.Routing;

/// <summary>
/// A path template as ASP.NET Core routes it. Routing knows neither parameters of many segments nor anonymous ones, so
/// every <c>*</c> becomes a parameter of its own and variables are put together again from them.
/// </summary>
internal sealed class PathRoute
{
    private readonly PathTemplate _template;
    private readonly string?[] _parameters;
    private readonly string _suffix = "";

    public PathRoute(PathTemplate template)
    {
        _template = template;
        _parameters = new string?[template.Segments.Count];
        var parts = new List<RoutePatternPathSegment>();
        for (var index = 0; index < template.Segments.Count; index++)
        {
            var segment = template.Segments[index];
            if (segment.Kind == SegmentKind.Many)
            {
                // Routing allows nothing after a catch-all: the rest becomes a condition on its value.
                _suffix = Suffix(index + 1);
                parts.Add(RoutePatternFactory.Segment(CatchAll(index)));
                break;
            }

            var isLast = index == template.Segments.Count - 1;
            parts.Add(Segment(segment, index, isLast && template.Verb is not null ? ":" + template.Verb : ""));
        }

        Pattern = RoutePatternFactory.Pattern(template.ToString(), parts);
    }

    public RoutePattern Pattern { get; }

    /// <summary>The text of a variable in a matched request, such as <c>shelves/1</c>.</summary>
    public string Value(PathVariable variable, RouteValueDictionary values)
    {
        if (variable.End == variable.Start + 1)
            return Text(variable.Start, values);
        return string.Join('/', Enumerable.Range(variable.Start, variable.End - variable.Start).Select(index => Text(index, values)));
    }

    private static RoutePatternPathSegment Segment(string literal) => RoutePatternFactory.Segment(RoutePatternFactory.LiteralPart(literal));

    private RoutePatternPathSegment Segment(PathSegment segment, int index, string verb)
    {
        if (segment.Kind == SegmentKind.Literal)
            return Segment(segment.Text + verb);
        var parameter = RoutePatternFactory.ParameterPart(ParameterName(index));
        return verb.Length == 0
            ? RoutePatternFactory.Segment(parameter)
            : RoutePatternFactory.Segment(parameter, RoutePatternFactory.LiteralPart(verb));
    }

    private RoutePatternParameterPart CatchAll(int index)
    {
        var name = ParameterName(index);
        return _suffix.Length == 0
            ? RoutePatternFactory.ParameterPart(name, null, RoutePatternParameterKind.CatchAll)
            : RoutePatternFactory.ParameterPart(name, null, RoutePatternParameterKind.CatchAll, RoutePatternFactory.ParameterPolicy(new SuffixConstraint(_suffix)));
    }

    // A variable of one segment keeps its own name, so that others (rate limits, logs) find it in the route values.
    private string ParameterName(int index)
    {
        var variable = _template.Variables.FirstOrDefault(variable => variable.Start == index && variable.End == index + 1);
        return _parameters[index] = variable?.FieldPath ?? $"__segment_{index}";
    }

    private string Suffix(int index) =>
        string.Concat(_template.Segments.Skip(index).Select(segment => "/" + segment.Text)) + (_template.Verb is null ? "" : ":" + _template.Verb);

    private string Text(int index, RouteValueDictionary values)
    {
        if (_parameters[index] is not { } parameter)
            return _template.Segments[index].Text;
        var text = values[parameter] as string ?? "";
        return _template.Segments[index].Kind == SegmentKind.Many ? text[..^_suffix.Length] : text;
    }

    [SuppressMessage("Performance", "CA1859", Justification = "The interface is what routing asks for.")]
    private sealed class SuffixConstraint(string suffix) : IRouteConstraint
    {
        public bool Match(Http.HttpContext? httpContext, IRouter? route, string routeKey, RouteValueDictionary values, RouteDirection routeDirection) =>
            values[routeKey] is string value && value.EndsWith(suffix, StringComparison.OrdinalIgnoreCase);
    }
}
