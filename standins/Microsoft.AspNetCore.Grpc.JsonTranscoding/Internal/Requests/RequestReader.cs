using System.Collections.Concurrent;
using Google.Api;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Internal.Binding;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Internal.Json;
using Microsoft.AspNetCore.Http;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Internal.Requests;

/// <summary>Puts a request message together from body, path and query, in this order: the path wins over the body.</summary>
internal sealed class RequestReader(HttpBinding binding, JsonMessageReader json, int? maxSize)
{
    private const int MostCachedNames = 256;

    private readonly ConcurrentDictionary<string, FieldPath> _queryFields = new(StringComparer.Ordinal);

    /// <exception cref="InvalidRequestException">The request does not make a message.</exception>
    public async Task<IMessage> ReadAsync(HttpRequest request)
    {
        var message = await ReadBodyAsync(request);
        foreach (var (variable, field) in binding.PathFields)
            field.Set(message, [binding.Route.Value(variable, request.RouteValues)], variable.FieldPath);
        // A body of "*" leaves no field for the query.
        if (!binding.TakesWholeBody)
            ReadQuery(request.Query, message);
        return message;
    }

    private async Task<IMessage> ReadBodyAsync(HttpRequest request)
    {
        if (binding.TakesWholeBody)
        {
            return IsHttpBody(binding.Request.Descriptor)
                ? await ReadHttpBodyAsync(request)
                : await BodyReader.ReadJsonAsync(request, maxSize, body => json.ReadMessage(body, binding.Request.Descriptor));
        }

        var message = binding.Request.Create();
        if (binding.BodyField is not { } field)
            return message;
        if (field.Field.FieldType == FieldType.Message && IsHttpBody(field.Field.MessageType))
        {
            field.Accessor.SetValue(message, await ReadHttpBodyAsync(request));
            return message;
        }

        return await BodyReader.ReadJsonAsync(request, maxSize, body =>
        {
            json.ReadField(body, message, field);
            return message;
        });
    }

    // A google.api.HttpBody is the body as it came, whatever it is.
    private async Task<IMessage> ReadHttpBodyAsync(HttpRequest request) => new HttpBody
    {
        ContentType = request.ContentType ?? "",
        Data = UnsafeByteOperations.UnsafeWrap(await BodyReader.ReadBytesAsync(request, maxSize)),
    };

    private static bool IsHttpBody(MessageDescriptor descriptor) => descriptor.FullName == HttpBody.Descriptor.FullName;

    // Names of no field are ignored: proxies and browsers add parameters of their own.
    private void ReadQuery(IQueryCollection query, IMessage message)
    {
        foreach (var (name, values) in query)
        {
            if (QueryField(name) is { } field)
                field.Set(message, values, name);
        }
    }

    private FieldPath? QueryField(string name)
    {
        if (_queryFields.TryGetValue(name, out var known))
            return known;
        var found = FieldPath.Find(binding.Request.Descriptor, name, jsonNames: true);
        // What path and body hold cannot be said again, by whatever name: the path is what access is decided on.
        if (found is null || (binding.BodyPath is { } body && found.IsWithin(body)) || binding.PathFields.Any(pair => found.IsWithin(pair.Field)))
            return null;
        // Names come from callers, and a recursive message has no end of them.
        if (_queryFields.Count < MostCachedNames)
            _queryFields.TryAdd(name, found);
        return found;
    }
}
