using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Grpc.JsonTranscoding;
using Microsoft.Extensions.DependencyInjection;
using ShapesMessage = AiMesh.StandIns.Tests.Grpc.Shapes.Shapes;

namespace AiMesh.StandIns.Tests.Grpc;

/// <summary>The JSON mapping, held against Google.Protobuf's own where that can tell.</summary>
public sealed class TranscodingJsonTests
{
    private static readonly TypeRegistry Types = TypeRegistry.FromMessages(ShapesMessage.Descriptor, Duration.Descriptor);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task RandomMessages_ReadAndWritten_AreWhatGoogleProtobufSays(int seed)
    {
        await using var server = await StartAsync(settings => settings.WriteInt64sAsStrings = true);
        var shapes = new RandomShapes(seed);
        var formatter = new JsonFormatter(JsonFormatter.Settings.Default.WithFormatDefaultValues(true).WithTypeRegistry(Types));
        var parser = new JsonParser(JsonParser.Settings.Default.WithTypeRegistry(Types));
        for (var count = 0; count < 50; count++)
        {
            var message = shapes.Next();
            var expected = formatter.Format(message);

            var actual = await PostAsync(server, "/v1/shapes", expected);

            AssertSame(message, parser.Parse<ShapesMessage>(actual));
            // The same fields with the same values, though spellings such as 1E+21 and 1e21 differ.
            Assert.Equal(Fields(JsonNode.Parse(expected)!), Fields(JsonNode.Parse(actual)!));
        }
    }

    [Theory]
    [InlineData("/v1/shapes", """{"i32":1.0}""", """{"i32":1}""")]
    [InlineData("/v1/shapes", """{"i32":"1e2"}""", """{"i32":100}""")]
    [InlineData("/v1/shapes", """{"i64":-9223372036854775808}""", """{"i64":-9223372036854775808}""")]
    [InlineData("/v1/shapes", """{"u64":"18446744073709551615"}""", """{"u64":18446744073709551615}""")]
    [InlineData("/v1/shapes", """{"real":"-Infinity","single":"NaN"}""", """{"single":"NaN","real":"-Infinity"}""")]
    [InlineData("/v1/shapes", """{"real":"1.5"}""", """{"real":1.5}""")]
    [InlineData("/v1/shapes", """{"data":"-_8"}""", """{"data":"+/8="}""")]
    [InlineData("/v1/shapes", """{"data":"+/8="}""", """{"data":"+/8="}""")]
    [InlineData("/v1/shapes", """{"colour":5,"manyColours":["COLOUR_RED",77]}""", """{"colour":"COLOUR_BLUE","manyColours":["COLOUR_RED",77]}""")]
    [InlineData("/v1/shapes", """{"many_numbers":[1],"otherName":"x"}""", """{"manyNumbers":[1],"otherName":"x"}""")]
    [InlineData("/v1/shapes", """{"renamed":"x"}""", """{"otherName":"x"}""")]
    [InlineData("/v1/shapes", """{"text":null,"manyTexts":null,"texts":null,"child":null,"maybeNumber":null,"int32Wrapper":null}""", "{}")]
    [InlineData("/v1/shapes", """{"value":null,"manyValues":[null]}""", """{"value":null,"manyValues":[null]}""")]
    [InlineData("/v1/shapes", """{"nullChoice":null}""", """{"nullChoice":null}""")]
    [InlineData("/v1/shapes", """{"textChoice":"a","numberChoice":null}""", """{"textChoice":"a"}""")]
    [InlineData("/v1/shapes", """{"maybeNumber":0,"maybeText":"","int32Wrapper":0,"stringWrapper":""}""", """{"maybeNumber":0,"maybeText":"","int32Wrapper":0,"stringWrapper":""}""")]
    [InlineData("/v1/shapes", """{"time":"2024-02-29T23:59:59.1+02:30"}""", """{"time":"2024-02-29T21:29:59.100Z"}""")]
    [InlineData("/v1/shapes", """{"span":"-0.000001s"}""", """{"span":"-0.000001s"}""")]
    [InlineData("/v1/shapes", """{"mask":""}""", """{"mask":""}""")]
    [InlineData("/v1/shapes", """{"children":{"-1":{"text":"a"}},"truths":{"true":"3"}}""", """{"children":{"-1":{"text":"a"}},"truths":{"true":3}}""")]
    [InlineData("/v1/shapes", """{"any":{"text":"a","@type":"type.googleapis.com/test.shapes.Shapes"}}""", """{"any":{"@type":"type.googleapis.com/test.shapes.Shapes","text":"a"}}""")]
    [InlineData("/v1/shapes", """{"any":{"value":"3s","@type":"type.googleapis.com/google.protobuf.Duration"}}""", """{"any":{"@type":"type.googleapis.com/google.protobuf.Duration","value":"3s"}}""")]
    [InlineData("/v1/shapes", """{"any":{},"empty":{}}""", """{"any":{},"empty":{}}""")]
    [InlineData("/v1/shapes", """{"text":"\u003c>&'\u00e9"}""", """{"text":"<>&'é"}""")]
    [InlineData("/v1/shapes", """ {  } """, "{}")]
    [InlineData("/v1/shapes/value", """[1,"a",null,{"b":true}]""", """[1,"a",null,{"b":true}]""")]
    [InlineData("/v1/shapes/value", "null", "null")]
    [InlineData("/v1/shapes/list", "[[1],[]]", "[[1],[]]")]
    [InlineData("/v1/shapes/time", "\"1970-01-01T00:00:00Z\"", "\"1970-01-01T00:00:00Z\"")]
    [InlineData("/v1/shapes/wrapper", "\"7\"", "7")]
    [InlineData("/v1/shapes/wrapper", "null", "null")]
    [InlineData("/v1/shapes/children", """{"1":{"i32":2}}""", """{"1":{"i32":2}}""")]
    [InlineData("/v1/shapes/texts", """["a"]""", """["a"]""")]
    [InlineData("/v1/shapes/i64", "5", "5")]
    [InlineData("/v1/struct", """{"a":{"b":[1,2.5,null]}}""", """{"a":{"b":[1,2.5,null]}}""")]
    [InlineData("/v1/any", """{"@type":"x/google.protobuf.Duration","value":"1s"}""", """{"@type":"x/google.protobuf.Duration","value":"1s"}""")]
    public async Task Json_OfEveryForm_IsReadAndWritten(string path, string json, string expected)
    {
        await using var server = await StartAsync(settings => settings.IgnoreDefaultValues = true);

        Assert.Equal(expected, await PostAsync(server, path, json));
    }

    [Theory]
    [InlineData("""{"i32":2147483648}""", "i32", "2147483648 is not a 32-bit integer")]
    [InlineData("""{"i32":1.5}""", "i32", "1.5 is not a 32-bit integer")]
    [InlineData("""{"i32":" 1"}""", "i32", " 1 is not a 32-bit integer")]
    [InlineData("""{"i32":true}""", "i32", "expected a 32-bit integer, got a boolean")]
    [InlineData("""{"u64":-1}""", "u64", "-1 is not an unsigned 64-bit integer")]
    [InlineData("""{"real":1e999}""", "real", "1e999 is not a number")]
    [InlineData("""{"single":1e39}""", "single", "1e39 is not a number")]
    [InlineData("""{"flag":"true"}""", "flag", "expected true or false, got a string")]
    [InlineData("""{"text":{}}""", "text", "expected a string, got an object")]
    [InlineData("""{"data":"#"}""", "data", "the string is not base64")]
    [InlineData("""{"data":"abcde"}""", "data", "the string is not base64")]
    [InlineData("""{"colour":"BLUE"}""", "colour", "'BLUE' is not a value of test.shapes.Colour")]
    [InlineData("""{"colour":1.5}""", "colour", "1.5 is not a number of test.shapes.Colour")]
    [InlineData("""{"colour":false}""", "colour", "expected a value of test.shapes.Colour, got a boolean")]
    [InlineData("""{"manyNumbers":1}""", "manyNumbers", "expected an array, got a number")]
    [InlineData("""{"manyNumbers":[1,null]}""", "manyNumbers[1]", "null is not allowed here")]
    [InlineData("""{"manyChildren":[{},{"child":{"i32":"x"}}]}""", "manyChildren[1].child.i32", "x is not a 32-bit integer")]
    [InlineData("""{"children":{"x":{}}}""", "children.x", "the key is not a 32-bit integer")]
    [InlineData("""{"children":{"1":{},"1":{}}}""", "children.1", "the key stands more than once")]
    [InlineData("""{"texts":[]}""", "texts", "expected an object, got an array")]
    [InlineData("""{"texts":{"a":1}}""", "texts.a", "expected a string, got a number")]
    [InlineData("""{"many_numbers":[1],"manyNumbers":[2]}""", "manyNumbers", "the field stands more than once")]
    [InlineData("""{"numberChoice":1,"textChoice":"a"}""", "textChoice", "'numberChoice' is set already, and only one of 'choice' may be")]
    [InlineData("""{"time":1}""", "time", "expected a timestamp such as \"2030-01-31T12:00:00Z\", got a number")]
    [InlineData("""{"time":"2024-02-30T00:00:00Z"}""", "time", "the string is not a timestamp such as \"2030-01-31T12:00:00Z\"")]
    [InlineData("""{"time":"0001-01-01T00:00:00+01:00"}""", "time", "the string is not a timestamp such as \"2030-01-31T12:00:00Z\"")]
    [InlineData("""{"time":"2024-01-01T00:00:00.1234567890Z"}""", "time", "the string is not a timestamp such as \"2030-01-31T12:00:00Z\"")]
    [InlineData("""{"time":"2024-01-01T00:00:00"}""", "time", "the string is not a timestamp such as \"2030-01-31T12:00:00Z\"")]
    [InlineData("""{"span":"1"}""", "span", "the string is not a duration such as \"1.5s\"")]
    [InlineData("""{"span":"315576000001s"}""", "span", "the string is not a duration such as \"1.5s\"")]
    [InlineData("""{"mask":"a_b"}""", "mask", "the string is not a field mask such as \"name,address.city\"")]
    [InlineData("""{"any":{"text":"a"}}""", "any", "'@type' is missing")]
    [InlineData("""{"any":{"@type":"x/no.Such"}}""", "any.@type", "the type 'x/no.Such' is not known")]
    [InlineData("""{"any":{"@type":"x/google.protobuf.Duration"}}""", "any", "'value' is missing")]
    [InlineData("""{"any":{"@type":5}}""", "any", "expected a type URL, got a number")]
    [InlineData("""{"empty":{"a":1}}""", "empty.a", "google.protobuf.Empty has no such field")]
    [InlineData("""{"struct":[]}""", "struct", "expected an object, got an array")]
    [InlineData("""{"value":1e999}""", "value", "the value is not valid")]
    [InlineData("""{"text":"\ud83d"}""", "text", "the value is not valid")]
    [InlineData("[]", "body", "expected an object, got an array")]
    [InlineData("null", "body", "expected an object, got null")]
    public async Task Json_OfAWrongForm_NamesTheField(string json, string field, string problem)
    {
        await using var server = await StartAsync();
        using var response = await server.Http.PostAsync("/v1/shapes", Json(json));

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        var error = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal($"Invalid value for '{field}': {problem}.", error.GetProperty("message").GetString());
    }

    [Fact]
    public async Task Settings_OfEveryKind_AreFollowed()
    {
        const string Json = """{"i64":"5","colour":"COLOUR_RED"}""";
        await using var plain = await StartAsync(settings => settings.IgnoreDefaultValues = true);
        await using var other = await StartAsync(settings =>
        {
            settings.IgnoreDefaultValues = true;
            settings.WriteInt64sAsStrings = true;
            settings.WriteEnumsAsIntegers = true;
            settings.WriteIndented = true;
        });
        await using var defaults = await StartAsync();

        Assert.Equal("""{"i64":5,"colour":"COLOUR_RED"}""", await PostAsync(plain, "/v1/shapes", Json));
        Assert.Equal("{\n  \"i64\": \"5\",\n  \"colour\": 1\n}", (await PostAsync(other, "/v1/shapes", Json)).ReplaceLineEndings("\n"));
        var all = JsonNode.Parse(await PostAsync(defaults, "/v1/shapes", Json))!.AsObject();
        Assert.Equal("""["",false,[],{}]""", new JsonArray(all["text"]!.DeepClone(), all["flag"]!.DeepClone(), all["manyTexts"]!.DeepClone(), all["texts"]!.DeepClone()).ToJsonString());
        Assert.False(all.ContainsKey("child") || all.ContainsKey("maybeNumber") || all.ContainsKey("int32Wrapper") || all.ContainsKey("textChoice"));
    }

    // Google.Protobuf compares the bits of NaN, which JSON does not keep.
    private static void AssertSame(ShapesMessage expected, ShapesMessage actual) => Assert.Equal(expected.ToString(), actual.ToString());

    private static SortedDictionary<string, string> Fields(JsonNode node)
    {
        var fields = new SortedDictionary<string, string>(StringComparer.Ordinal);
        Collect(node, "$");
        return fields;

        void Collect(JsonNode? part, string path)
        {
            switch (part)
            {
                case JsonObject one:
                    fields[path] = "{}";
                    foreach (var (name, value) in one)
                        Collect(value, $"{path}.{name}");
                    break;
                case JsonArray many:
                    fields[path] = "[]";
                    for (var index = 0; index < many.Count; index++)
                        Collect(many[index], $"{path}[{index}]");
                    break;
                case JsonValue value when value.GetValueKind() == JsonValueKind.Number:
                    // Single-precision values may be spelled with more digits than they need.
                    fields[path] = ((float)value.GetValue<double>()).ToString(System.Globalization.CultureInfo.InvariantCulture);
                    break;
                default:
                    fields[path] = part?.ToJsonString() ?? "null";
                    break;
            }
        }
    }

    private static StringContent Json(string json) => new(json, Encoding.UTF8, "application/json");

    private static async Task<string> PostAsync(GrpcServer server, string path, string json)
    {
        using var response = await server.Http.PostAsync(path, Json(json));
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        return text;
    }

    private static Task<GrpcServer> StartAsync(Action<GrpcJsonSettings>? configure = null) => GrpcServer.StartAsync(
        app => app.MapGrpcService<ShapesEcho>(),
        grpc: builder => builder.AddJsonTranscoding(options =>
        {
            options.TypeRegistry = Types;
            configure?.Invoke(options.JsonSettings);
        }));
}
