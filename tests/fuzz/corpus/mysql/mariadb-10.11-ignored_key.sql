CREATE TABLE `ignored_key` (
  `a` int(11) DEFAULT NULL,
  KEY `k` (`a`) IGNORED
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci