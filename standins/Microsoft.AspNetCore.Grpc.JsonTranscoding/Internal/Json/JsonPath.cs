using System.Globalization;
using System.Text;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Internal.Json;

/// <summary>Where in a document a reader stands; turned into text only for an error.</summary>
internal sealed class JsonPath
{
    private readonly List<object> _steps = [];

    /// <summary>Steps into a property or, given an <see cref="int"/>, an element.</summary>
    public void Enter(object step) => _steps.Add(step);

    public void Leave() => _steps.RemoveAt(_steps.Count - 1);

    /// <summary>Moves on to another element of the list entered last.</summary>
    public void Next(int index) => _steps[^1] = index;

    /// <summary>Such as <c>items[2].price</c>; the document itself is <c>body</c>.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var step in _steps)
        {
            if (step is int index)
            {
                text.Append(CultureInfo.InvariantCulture, $"[{index}]");
                continue;
            }

            if (text.Length > 0)
                text.Append('.');
            text.Append(step is FieldShape field ? field.Field.JsonName : step);
        }

        return text.Length == 0 ? "body" : text.ToString();
    }
}
