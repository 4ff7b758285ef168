CREATE TABLE `foreign` (
  `a` int(11) DEFAULT NULL,
  `b` int(11) DEFAULT NULL,
  `c` varchar(20) DEFAULT NULL,
  KEY `f2` (`a`,`b`),
  KEY `f3` (`c`),
  KEY `b` (`b`),
  CONSTRAINT `f1` FOREIGN KEY (`a`) REFERENCES `par` (`id`),
  CONSTRAINT `f2` FOREIGN KEY (`a`, `b`) REFERENCES `par` (`u`, `v`) ON DELETE CASCADE ON UPDATE CASCADE,
  CONSTRAINT `f3` FOREIGN KEY (`c`) REFERENCES `par` (`w`) ON DELETE SET NULL,
  CONSTRAINT `foreign_ibfk_1` FOREIGN KEY (`b`) REFERENCES `par` (`id`),
  CONSTRAINT `foreign_ibfk_2` FOREIGN KEY (`b`) REFERENCES `par` (`id`) ON DELETE NO ACTION
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci