namespace AiMesh.IoTIngest.Mqtt.Protocol;

/// <summary>Topic names, which messages carry, and topic filters, which subscriptions carry (MQTT 3.1.1, 4.7).</summary>
internal static class MqttTopic
{
    /// <summary>At least one character and no wildcard [MQTT-3.3.2-2, MQTT-4.7.3-1].</summary>
    public static bool IsName(string topic) => topic.Length > 0 && topic.AsSpan().IndexOfAny('+', '#') < 0;

    /// <summary>'#' only as the whole last level, '+' only as a whole level [MQTT-4.7.1-2, MQTT-4.7.1-3].</summary>
    public static bool IsFilter(string filter)
    {
        if (filter.Length == 0)
            return false;

        for (var index = filter.AsSpan().IndexOfAny('+', '#'); index >= 0 && index < filter.Length; index = NextWildcard(filter, index + 1))
        {
            var startsLevel = index == 0 || filter[index - 1] == '/';
            var endsFilter = index == filter.Length - 1;
            var endsLevel = endsFilter || filter[index + 1] == '/';
            if (!startsLevel || !(filter[index] == '#' ? endsFilter : endsLevel))
                return false;
        }

        return true;
    }

    /// <summary>Whether a message of this topic goes to a subscription with this filter.</summary>
    public static bool Matches(ReadOnlySpan<char> filter, ReadOnlySpan<char> topic)
    {
        // A wildcard in the first level does not reach topics of the server's own [MQTT-4.7.2-1].
        if (topic.StartsWith('$') && (filter.StartsWith('+') || filter.StartsWith('#')))
            return false;

        while (true)
        {
            var level = TakeLevel(ref filter, out var filterEnds);
            if (level is "#")
                return true;

            var name = TakeLevel(ref topic, out var topicEnds);
            if (level is not "+" && !level.SequenceEqual(name))
                return false;

            // "sport/#" also stands for "sport" itself, its parent level (4.7.1.2).
            if (topicEnds)
                return filterEnds || filter is "#";

            if (filterEnds)
                return false;
        }
    }

    private static int NextWildcard(string filter, int from)
    {
        var offset = filter.AsSpan(from).IndexOfAny('+', '#');
        return offset < 0 ? -1 : from + offset;
    }

    private static ReadOnlySpan<char> TakeLevel(ref ReadOnlySpan<char> text, out bool last)
    {
        var slash = text.IndexOf('/');
        last = slash < 0;
        var level = last ? text : text[..slash];
        text = last ? default : text[(slash + 1)..];
        return level;
    }
}
