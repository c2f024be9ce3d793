using Google.Api;
using Google.Protobuf.Reflection;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Internal.Json;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Internal.Requests;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Internal.Routing;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Internal.Binding;

/// <summary>One HTTP method and path that a gRPC method answers to, with where its fields come from.</summary>
internal sealed class HttpBinding
{
    private HttpBinding(MethodDescriptor method, HttpRule rule, string verb, string path)
    {
        Method = method;
        Rule = rule;
        Verb = verb;
        var template = PathTemplate.Parse(path);
        Route = new PathRoute(template);
        Request = MessageShape.Of(method.InputType);
        PathFields = [.. template.Variables.Select(variable => (variable, PathField(method, variable)))];
        TakesWholeBody = rule.Body == "*";
        if (rule.Body.Length > 0 && !TakesWholeBody)
        {
            BodyField = TopLevelField(method.InputType, rule.Body, "body");
            BodyPath = FieldPath.Find(method.InputType, rule.Body, jsonNames: false);
        }

        if (rule.ResponseBody.Length > 0)
            ResponseField = TopLevelField(method.OutputType, rule.ResponseBody, "response_body").Field;
    }

    public MethodDescriptor Method { get; }

    public HttpRule Rule { get; }

    /// <summary>Such as <c>GET</c>.</summary>
    public string Verb { get; }

    public PathRoute Route { get; }

    public MessageShape Request { get; }

    public IReadOnlyList<(PathVariable Variable, FieldPath Field)> PathFields { get; }

    /// <summary>Whether the body is the whole request message, apart from what the path holds.</summary>
    public bool TakesWholeBody { get; }

    /// <summary>The field that the body is, if it is only one.</summary>
    public FieldShape? BodyField { get; }

    public FieldPath? BodyPath { get; }

    /// <summary>The field of the response message that the body is, if it is only one.</summary>
    public FieldDescriptor? ResponseField { get; }

    /// <summary>All bindings of a method; none if it has no <c>google.api.http</c> option.</summary>
    /// <exception cref="InvalidOperationException">The option names fields that do not exist or a path that is none.</exception>
    public static IEnumerable<HttpBinding> Of(MethodDescriptor method)
    {
        var rule = method.GetOptions()?.GetExtension(AnnotationsExtensions.Http);
        return rule is null ? [] : rule.AdditionalBindings.Prepend(rule).Select(one => Create(method, one)).OfType<HttpBinding>();
    }

    private static HttpBinding? Create(MethodDescriptor method, HttpRule rule)
    {
        var (verb, path) = rule.PatternCase switch
        {
            HttpRule.PatternOneofCase.Get => ("GET", rule.Get),
            HttpRule.PatternOneofCase.Put => ("PUT", rule.Put),
            HttpRule.PatternOneofCase.Post => ("POST", rule.Post),
            HttpRule.PatternOneofCase.Delete => ("DELETE", rule.Delete),
            HttpRule.PatternOneofCase.Patch => ("PATCH", rule.Patch),
            HttpRule.PatternOneofCase.Custom => (rule.Custom.Kind, rule.Custom.Path),
            _ => ("", ""),
        };
        if (verb.Length == 0)
            return null;
        try
        {
            return new HttpBinding(method, rule, verb, path);
        }
        catch (InvalidOperationException error)
        {
            throw new InvalidOperationException($"Error binding {method.FullName} to HTTP: {error.Message}", error);
        }
    }

    private static FieldPath PathField(MethodDescriptor method, PathVariable variable) =>
        FieldPath.Find(method.InputType, variable.FieldPath, jsonNames: false)
        ?? throw new InvalidOperationException($"Couldn't find matching field for route parameter '{variable.FieldPath}' on {method.InputType.Name}.");

    private static FieldShape TopLevelField(MessageDescriptor message, string name, string use) =>
        message.FindFieldByName(name) is { } field
            ? MessageShape.Of(message).Find(field.Name)!
            : throw new InvalidOperationException($"Couldn't find matching field for {use} '{name}' on {message.Name}.");
}
